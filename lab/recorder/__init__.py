"""A network video recorder played over real sockets: its makers' HTTP, and RTSP to the cameras that it is told to record.

    /usr/bin/python3 -m lab.recorder --config recorder.json        (prints ``ready`` on stdout when it serves)

It really pulls each channel's main stream: a channel is online while packets arrive, and only then grows its index of what is
recorded (no footage is kept); then it also plays a picture of that channel, over RTSP with digest logins (``live``).
It shares no code with the drivers that it is there to judge.

recorder.json is lab.camera's object (``config.Config`` has the defaults), and
    channels         how many there are
    camera_rtsp_port where cameras of a maker's own protocol are pulled from (ONVIF tells it by itself)
    history_days     so many days are in the index, without a gap, of each channel that is set at the factory

Control socket: as lab.camera's, without sessions, and
    {"op":"recordings","channel":1}                     [[from,to],...] in seconds since 1970, by the recorder's own clock
    {"op":"recorded","channel":1,"from":t,"to":t}       put something into the index
    {"op":"gap","channel":1,"from":t,"to":t}            cut something out of it
    {"op":"channels"}                                   {"1": {"online": bool, "detected": "connect"|...}, ...}
Paths of the state: see ``state.factory_state``.
"""
