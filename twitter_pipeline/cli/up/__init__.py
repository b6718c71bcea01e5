"""`twitter-pipeline up`: starts everything, shows what happens, and stops it again without leaving anything behind."""
