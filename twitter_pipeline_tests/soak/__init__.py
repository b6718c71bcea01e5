"""Publishing under random faults and kills, judged by what the sandbox has accepted: ``make soak N=1000 SEED=7``.

Real processes: workers that claim and post, two that tick as sensors do, the sandbox behind a TCP proxy. Any of them is
killed at any moment. In the end every item must be one post, the right one, or say why it is none.

Three times are shorter than in use, in all processes alike (`hurrying`): leases, back-offs, and X's tolerance for old
signatures. Their order stays, since the argument for posting once rests on it.
"""
