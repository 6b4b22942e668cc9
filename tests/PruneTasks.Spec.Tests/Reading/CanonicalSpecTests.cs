namespace PruneTasks.Spec.Tests.Reading;

public sealed class CanonicalSpecTests
{
    [Fact]
    public void Order_comments_spacing_and_written_defaults_make_no_difference()
    {
        string first = Canonical("version: 1\ntask: image-classification\nimage: { size: 32 }\nprune: { seed: 42, budget: { macs: 0.5 } }");
        string second = Canonical(
            """
            # a comment
            prune:
              budget:
                macs: 5.0e-1
            image:
              std: [1, 1, 1]
              size: [ 32, 32 ]   # both
            "task": 'image-classification'
            model: ./a.onnx
            version: 1
            """,
            "elsewhere/a.prune.yaml");
        Assert.Equal(first, second);
    }

    [Theory]
    [InlineData("prune: { seed: 1 }")]
    [InlineData("prune: { align: 4 }")]
    [InlineData("prune: { exact: false }")]
    [InlineData("prune: { budget: { macs: 0.25 } }")]
    [InlineData("prune: { budget: { bytes: 0.5 } }")]
    [InlineData("prune: { ratios: { ffn: 0.5 } }")]
    [InlineData("prune: { ratios: { vo: 0.5 } }")]
    [InlineData("model: b.onnx")]
    [InlineData("class: B")]
    [InlineData("namespace: B")]
    [InlineData("task: causal-lm")]
    [InlineData("task: image-classification")]
    [InlineData("labels: [a]")]
    [InlineData("labels: a.txt")]
    [InlineData("data: { personal: { path: a } }")]
    [InlineData("data: { personal: { path: a, samples: 5 } }")]
    [InlineData("data: { test: { path: a } }")]
    public void Every_setting_makes_a_difference(string setting)
    {
        Assert.NotEqual(Canonical("version: 1"), Canonical("version: 1\n" + setting));
    }

    [Theory]
    [InlineData("public: true")]
    [InlineData("card: { name: A, version: 1.2 }")]
    [InlineData("deploy: { embed: file }")]
    public void What_does_not_change_the_pruned_model_makes_none(string setting) =>
        Assert.Equal(Canonical("version: 1"), Canonical("version: 1\n" + setting));

    private static string Canonical(string text, string file = "a.prune.yaml") =>
        CanonicalSpec.Write(PruneSpecReader.Read(text, file).Spec!);
}
