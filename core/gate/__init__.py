"""Before any network answers: is this a chest X-ray, and is it like what it has learnt?"""
