"""What a text is about: sorted by the words of the topics, and by what people confirmed.

`kinds` the values that go in and come out; `keywords` the evidence of the topics' own words;
`terms` a text as terms; `fit` what is learnt, in a process of its own (`fit_child`, `fit_here`);
`training` from rows to a model; `model` judging, and the words that decided; `packed` a model as
bytes; `verdict` whether a new model is better than the one in use.
"""
