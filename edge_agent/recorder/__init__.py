"""The recorder on the box: every camera's main stream as it comes, in Matroska segments of a minute, kept for the days wanted.

ketnoi-recorder.service   `edge-agent recorder`: one ffmpeg a camera, judged by fresh bytes, never by its exit code
edge-agent recordings     list, play, gaps, status: for an engineer, and for the verifier

settings   /etc/ketnoi/recorder.json
ffmpeg     one process: its arguments, its login by a pipe, what its complaints mean
matroska   what a segment really holds, also one that was never finished
camera     one camera's recording, supervised
index      SQLite: segments with real times, gaps with reasons
opening    the index at the start, on a full disk too, and made anew where it is damaged
recovery   after a crash: what lies on the disk and in the index is made one again
retention  what goes first
disk       how the disk is, and what it will hold
wallclock  wall time that may jump, time since boot that doesn't
footage_service  gives footage out and notes who took it
playout    segments into one file
service    all of it together
"""
