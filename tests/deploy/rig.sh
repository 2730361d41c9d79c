#!/usr/bin/env bash
# Starts a Docker daemon where none runs, and makes base images with the folder's standin-images.sh where none can be fetched.
set -euo pipefail
log=${TMPDIR:-/tmp}/gridwhistle-dockerd.log
if ! docker info >/dev/null 2>&1; then
  command -v dockerd >/dev/null || { echo "there is no dockerd on this machine" >&2; exit 1; }
  rm -f /var/run/docker.pid
  setsid dockerd >"$log" 2>&1 </dev/null &
  echo "dockerd runs as process $!, and goes on afterwards; its log is $log"
  timeout 60 sh -c 'until docker info >/dev/null 2>&1; do sleep 0.2; done'
fi
bash "$1/standin-images.sh"
