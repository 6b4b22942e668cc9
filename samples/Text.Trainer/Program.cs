using Text.Trainer;

return args switch
{
    ["intents", var sample, .. var rest] when Steps(rest, 800) is { } steps => IntentModel.Make(sample, steps),
    ["stories", var sample, .. var rest] when Steps(rest, 1200) is { } steps => StoryModel.Make(sample, steps),
    _ => Usage(),
};

static int? Steps(string[] rest, int usual) => rest switch
{
    [] => usual,
    [var text] when int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var steps) && steps > 0 => steps,
    _ => null,
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: intents <sample folder> [steps]   sentences, labels, vocabulary and model of samples/TextIntent
               stories <sample folder> [steps]   stories, vocabulary and model of samples/StoryTeller
        """);
    return 2;
}
