"""The command line: a file per verb. `main.py` imports a verb's file only when it is asked for."""
