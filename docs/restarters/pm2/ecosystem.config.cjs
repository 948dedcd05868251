module.exports = {
  apps: [
    {
      name: 'app',
      script: 'server.js',
      cwd: '/srv/app',
      interpreter: '/usr/bin/node',
      env: { PORT: '3000', REPORT_DIR: '/var/lib/app/reports' },

      // PM2 starts an app again after every exit, 0 too, but those named here.
      stop_exit_codes: [0, 78],

      // Three starts that each lasted less than a minute, the first included. Then it stays down.
      min_uptime: 60_000,
      max_restarts: 3,
      // That rule holds in the first 3 minutes only. Afterwards, at most one start in 15 seconds.
      exp_backoff_restart_delay: 100,

      // Longer than leave.deadline and the 2 seconds after which the way out kills the process.
      kill_timeout: 15_000,
    },
  ],
}
