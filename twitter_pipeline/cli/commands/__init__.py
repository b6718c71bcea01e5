"""The commands that belong to no group, each a function of a module that is imported when it is called."""
