#!/bin/sh
# Like the platform's: whatever the command is, it becomes the process.
set -e
exec "$@"
