"""Gemini, asked for better words: what it is asked, how, and what of its answer is let through.

`question.ask_for` says what goes out, `asking.ask` sends it through one of two libraries (`google_genai`,
`google_generativeai`), `answer.read` takes the answer as data. Whether to ask at all, and what is kept, is for
`publishing.enhancing`.
"""
