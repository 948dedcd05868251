#!/bin/sh
# Started again after every exit but 0: 0.1, 0.2, 0.4, 0.8 and 1.6 seconds later, then no more.
# SIGKILL comes 15 seconds after SIGTERM: later than leave.deadline and the 2 seconds after it.
# A new container has the same host name: the recorder reads what its own host has written.
exec docker run --detach --name app \
  --hostname app \
  --restart on-failure:5 \
  --stop-timeout 15 \
  --publish 3000:3000 \
  --volume app-reports:/reports \
  app
