"""A facility's switches, driven from the office by netmiko through the facility's box: read, compare, write, read back.

way       the connection to a switch: a channel through the box, or direct on a machine that stands for it
keys      host keys, pinned in enrolled/CODE.yml
session   one netmiko login that asks and tells line by line
model     a switch as it is and as it is wanted; plan: what has to change, and what may not
routeros, ios, linux   a maker's language each: reading is a parser, writing a template of templates/switch
apply     one switch; engine: all of a facility, side by side; power: one port off and on
"""
