"""Taking a blank machine over, by pyinfra: it needs a shell there and nothing else. README.md says how, by hand too.

`facts` read, `operations` write, `deploys` put both in order; `inventory` hands the machines over. Nothing here knows of the province.
"""
