using PersonalVision;
using PruneTasks;
using TextIntent;

var folder = AppContext.BaseDirectory;
if (PruneResult.Read(Path.Combine(folder, "intents.result.json")) is not { } result)
{
    Console.Error.WriteLine("This build did not prune, so there is nothing to compare.");
    return 1;
}

// The pruned model and its tokenizer are part of this assembly, and this is all that it takes to use them.
using var pruned = new Intents(new ModelOptions { IntraOpThreads = 1 });
foreach (var text in new[] { "hey, it is too dark in the attic", "wake me in ten minutes", "play a song by red river" })
{
    Prediction<IntentsLabel> best = pruned.Classify(text);
    Console.WriteLine($"\"{text}\": {best.Label.ToText()} ({best.Score:P1})");
}

Console.WriteLine();
var labels = File.ReadAllLines(Path.Combine(folder, "labels.txt"));
var personal = Sentences("test-personal");
var everyone = Sentences("test-everyone");
using var dense = new DenseIntents(Path.Combine(folder, "intents.onnx"), pruned.Tokenizer);
Table.Print(
[
    ["", "dense", "pruned", ""],
    Sizes("file size, bytes", size => size.Bytes),
    Sizes("parameters", size => size.Parameters),
    Sizes("multiply-adds per sentence", size => size.Macs),
    Scores($"right, this person's unseen sentences ({personal.Count})", personal),
    Scores($"right, everyone's unseen sentences ({everyone.Count})", everyone),
]);
return 0;

List<(string Text, int Class)> Sentences(string set) =>
    [.. labels.SelectMany((label, i) => File.Exists(FileOf(set, label)) ? File.ReadLines(FileOf(set, label)).Select(text => (text, i)) : [])];

string FileOf(string set, string label) => Path.Combine(folder, "data", set, label + ".txt");

string[] Sizes(string name, Func<ReportedSize, long> size) =>
    [name, $"{size(result.Dense):N0}", $"{size(result.Pruned):N0}", $"{(double)size(result.Pruned) / size(result.Dense):P1} remains"];

string[] Scores(string name, List<(string Text, int Class)> sentences)
{
    int[] before = [.. sentences.Select(sentence => dense.Classify(sentence.Text))];
    int[] after = [.. pruned.ClassifyAll([.. sentences.Select(sentence => sentence.Text)]).Select(best => (int)best.Label)];
    double Right(int[] classes) => sentences.Where((sentence, i) => sentence.Class == classes[i]).Count() / (double)sentences.Count;
    return [name, $"{Right(before):P1}", $"{Right(after):P1}", $"same answer for {before.Where((label, i) => label == after[i]).Count() / (double)sentences.Count:P1}"];
}
