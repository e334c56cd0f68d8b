"""What the screens read: frozen values out, SQL in, never a write.

`inbox` user tasks for a person, `cases` lists and one case with everything around it, `board` the managers' overview,
`processes` what is deployed, `decisions` decisions and their
evaluations, `names` how people, groups, elements and form fields are called.
"""
