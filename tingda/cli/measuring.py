"""`tingda evaluate` and `tingda bench`, with all that can be measured joined to them."""

from tingda.cli import (
    endurance,
    foresight,
    grouping,
    handling,
    judging,
    language,
    measures,
    reading,
    texts,
    topics,
    warning,
    years,
)

evaluate, bench = measures.evaluate, measures.bench
for measured in (
    endurance,
    language,
    topics,
    foresight,
    judging,
    texts,
    grouping,
    handling,
    reading,
):
    measured.join(evaluate, bench)
warning.join(evaluate)
years.join(evaluate)
