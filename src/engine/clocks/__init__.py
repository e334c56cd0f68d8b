"""The clocks of cases: begun, counted anew, held up and met in the transaction of the step that does so.

A process tells its clocks in the property `laneway:case:clocks`, FEEL that lists contexts with `name`, `target`,
`calendar` and, where a clock began before the case was opened, `start`. Whenever the case's variables change they are
compared with the rows of `case_clock`; what is new there is counted from the clock's own start. Elements meet clocks and
hold them up by their properties, in the case's own process or in one that it called (DOMAIN section 2, rules 3 to 5).
`steps` is what a step calls, `book` what happens to the clocks of one case, `case_clock` one of them.
"""
