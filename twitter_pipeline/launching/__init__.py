"""Processes that start as forks of one that has imported everything: they cost a third, and share its memory.

up ──socket──▶ server ──fork──▶ code server, daemon, webserver
                  ▲  └──fork──▶ runs
daemon, webserver ┘ (run_launcher: launch and terminate)
"""
