"""Taking a blank machine over, by pyinfra: it needs a shell there and nothing else.

`python -m bootstrap` reads a job on standard input and says on standard output how each machine fares (see `job`).
`facts` read, `operations` write, `deploys` put both in order; `province.commands.bootstrap` is what people call.
"""
