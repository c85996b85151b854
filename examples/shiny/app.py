"""A small Shiny app: draws a sample and shows how its mean settles."""

import random
import statistics

from shiny import App, reactive, render, ui

app_ui = ui.page_fluid(
    ui.h2("How a mean settles"),
    ui.input_slider("size", "Numbers to draw", min=1, max=2000, value=100),
    ui.input_action_button("again", "Draw again"),
    ui.output_text_verbatim("summary"),
)


def server(input, output, session):
    @reactive.calc
    def sample():
        input.again()
        return [random.uniform(0, 1) for _ in range(input.size())]

    @render.text
    def summary():
        numbers = sample()
        spread = statistics.stdev(numbers) if len(numbers) > 1 else 0.0
        return f"n = {len(numbers)}\nmean = {statistics.fmean(numbers):.4f}\nstandard deviation = {spread:.4f}"


app = App(app_ui, server)
