#!/bin/sh
# Gives ssh the password that a script put into the environment: SSH_ASKPASS of demo.sh and of tests.
printf '%s\n' "$STOCKROOM_ASKPASS_PASSWORD"
