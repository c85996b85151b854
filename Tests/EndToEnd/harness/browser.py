"""What tests with a real browser share."""

from . import places


def picture(page, name):
    """A screenshot among the artifacts."""
    places.ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=places.ARTIFACTS / f"{name}.png")


def sign_in(page, carrel, name, password):
    """By the form, as a person does."""
    page.goto(f"{carrel.users_url}/sign-in")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    picture(page, "sign-in")
    page.click("form:has(input[name=password]) button")
