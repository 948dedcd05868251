job "app" {
  group "app" {
    network {
      port "http" {
        to = 3000
      }
    }

    # Three times within ten minutes, a second apart, and up to a quarter of it more by chance.
    restart {
      attempts = 3
      interval = "10m"
      delay    = "1s"
      mode     = "fail"
    }

    # Then on another machine, a few times and not for ever.
    reschedule {
      attempts       = 3
      interval       = "1h"
      delay          = "30s"
      delay_function = "exponential"
      max_delay      = "10m"
      unlimited      = false
    }

    task "app" {
      driver = "docker"
      # Longer than leave.deadline and the 2 seconds after it. Nomad's own default is 5 seconds.
      kill_timeout = "15s"

      config {
        image = "app"
        ports = ["http"]
      }

      env {
        # The folder that the tasks of an allocation share.
        REPORT_DIR = "${NOMAD_ALLOC_DIR}/data"
      }
    }
  }
}
