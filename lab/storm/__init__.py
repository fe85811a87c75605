"""Faults on a province that works, by a seed, and a judge of what the hub kept that trusts nobody.

`python -m lab.storm --lab NAME --seed N --minutes M` plays on a lab that `make demo` (or a test) has brought to its verdict:

    truth    what was really done to each camera, and when         (lab.storm.truth)
    sky      the province, and the table of faults                 (lab.storm.sky)
    kinds    all faults: of programs, power and links (weather), of time (times), of what is stored (storage), of the office (office)
    clocks   a clock of a service's own, which can be set          (lab.storm.clocks)
    certificates  a box's, as it is once its days are over         (lab.storm.certificates)
    kept     what PostgreSQL says afterwards, asked for on the hub (lab.storm.kept)
    judge    truth against kept: pure                              (lab.storm.judge)

A seed repeats the same choices; the instants depend on how fast the machine is.
"""
