using PruneTasks.Generator.Tests.Harness;

namespace PruneTasks.Generator.Tests;

/// <summary>
/// Whole files, to be read by people: an image classifier and a generic model with everything that Run can ask for. To accept
/// a change run with PRUNETASKS_ACCEPT=1 and read the difference.
/// </summary>
public sealed class SnapshotTests
{
    [Fact]
    public void Image_classifier() => Check("ImageClassifier", ManifestText.Vit().With("namespace", "App.Models").Labels(
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "7 trucks"));

    [Fact]
    public void Generic_model() => Check("Generic", new ManifestText("Fusion", "fusion")
        .Input("input_ids", "int64", "batch", "sequence").Input("audio:0", "float16", "batch", null).Input("threshold", "float32").Input("any", "bool", null)
        .Output("scores.1", "float16", "batch", 4).Output("length", "int32"));

    private static void Check(string name, ManifestText manifest)
    {
        string actual = new GeneratorHost([new ManifestFile("m.json", manifest.ToString())]).AssertClean().Source
            .Replace($"\"{typeof(ModelGenerator).Assembly.GetName().Version!.ToString(3)}\"", "\"(version)\"");
        string file = Path.Combine(SharedModels.ProjectFolder, "Snapshots", name + ".txt");
        if (Environment.GetEnvironmentVariable("PRUNETASKS_ACCEPT") == "1")
            File.WriteAllText(file, actual);
        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), actual);
    }
}
