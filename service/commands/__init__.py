"""What the command line does, one module per topic; cli.py has the words."""
