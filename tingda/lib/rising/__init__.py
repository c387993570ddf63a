"""Whether an issue grows unusually: a calibrated test on counts of distinct people.

`values` what goes in and comes out; `days` what each weekday and kind of day is worth; `table`
many series as one matrix; `tail` the negative-binomial tail; `usual` what is usual in an office
(rates, dispersion, how issues begin); `scoring` one score per issue and day from windows of 1, 3
and 7 days; `curve` how high a score has to be for a given rate of false alarms; `hours` the first
hours of a fresh issue; `office` learning and judging.
"""
