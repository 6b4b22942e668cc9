using PersonalVision;
using PruneTasks;
using StoryTeller;

var folder = AppContext.BaseDirectory;
if (PruneResult.Read(Path.Combine(folder, "stories.result.json")) is not { } result)
{
    Console.Error.WriteLine("This build did not prune, so there is nothing to compare.");
    return 1;
}

// The pruned model and its tokenizer are part of this assembly, and this is all that it takes to use them.
using var pruned = new Stories();
using var session = pruned.CreateSession();
const string Beginning = "One day Mia the little duck";
Console.Write(Beginning);
await foreach (var text in session.GenerateAsync(Beginning, new GenerationOptions { MaxNewTokens = 100, Temperature = 0.6f, Seed = 7 }))
    Console.Write(text);
Console.WriteLine("\n");

using var dense = new DenseStories(Path.Combine(folder, "stories.onnx"));
Table.Print(
[
    ["", "dense", "pruned", ""],
    Sizes("file size, bytes", size => size.Bytes),
    Sizes("parameters", size => size.Parameters),
    Sizes("multiply-adds per story", size => size.Macs),
    Scores("perplexity, this child's unseen stories", "test-personal.txt"),
    Scores("perplexity, everybody's unseen stories", "test-everyone.txt"),
]);
return 0;

string[] Sizes(string name, Func<ReportedSize, long> size) =>
    [name, $"{size(result.Dense):N0}", $"{size(result.Pruned):N0}", $"{(double)size(result.Pruned) / size(result.Dense):P1} remains"];

string[] Scores(string name, string file)
{
    int[][] stories = [.. File.ReadAllText(Path.Combine(folder, "data", file)).Split("\n\n").Select(story => pruned.Tokenizer.EncodePrompt(story.Trim()))];
    using var reader = pruned.CreateSession();
    double before = Surprise.Perplexity(stories, dense.Scores);
    double after = Surprise.Perplexity(stories, ids =>
    {
        reader.Rewind(0);
        return [.. ids.Select(id => reader.Append([id]).ToArray())];
    });
    return [$"{name} ({stories.Length})", $"{before:F2}", $"{after:F2}", $"{after / before - 1:+0.0 %;-0.0 %}"];
}
