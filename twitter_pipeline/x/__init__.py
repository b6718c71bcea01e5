"""Talking to X. `errors` is light; the other modules import tweepy (0.15 s): import them where they are used."""
