"""The web page of the command `web`; only layout and server know of Gradio."""
