"""The database: tables, engine, migrations and every move of a publishing task.

SQLAlchemy Core, not its ORM: importing the ORM costs each run (a process of its own) a tenth of its CPU.
"""
