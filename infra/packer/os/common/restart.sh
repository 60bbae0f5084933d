#!/bin/sh
# restart.sh
# Starts what the update brought: from here on the newest kernel runs, so that the older ones can go. The restart ends
# this session, which Packer is told to expect ("reboot": true); then it waits for the next login.
set -eu

systemctl reboot
sleep 300
echo 'The machine did not restart within five minutes.' >&2
exit 1
