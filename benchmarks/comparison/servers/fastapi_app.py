"""The same routes on FastAPI with Uvicorn. Python can raise nothing but exceptions, so /text is missing."""

import asyncio
import signal
import socket

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

SECRET = "SECRET-of-the-error"

app = FastAPI()
tasks = []


class UpstreamError(Exception):
    status_code = 404
    statusCode = 404


def fail():
    raise RuntimeError(SECRET)


async def reject():
    fail()


@app.get("/slow")
async def slow():
    await asyncio.sleep(0.7)
    return {"ok": True}


@app.get("/throw")
async def throw():
    fail()


@app.get("/upstream")
async def upstream():
    raise UpstreamError(SECRET)


@app.get("/timer")
async def timer():
    asyncio.get_running_loop().call_later(0.02, fail)
    await asyncio.Event().wait()


@app.get("/floating")
async def floating():
    asyncio.create_task(reject())
    await asyncio.sleep(0.05)
    return {"ok": True}


@app.get("/stream")
async def stream():
    async def parts():
        yield "first part\n"
        await asyncio.sleep(0.05)
        fail()

    return StreamingResponse(parts())


async def main():
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR2, lambda: loop.call_later(0.001, fail))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    print(f"listening {listener.getsockname()[1]}", flush=True)
    await serving


asyncio.run(main())
