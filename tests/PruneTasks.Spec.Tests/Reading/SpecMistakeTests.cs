using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Spec.Tests.Reading;

/// <summary>What is wrong in a spec is reported where it is, all of it at once.</summary>
public sealed class SpecMistakeTests
{
    [Fact]
    public void All_errors_are_reported_at_once_in_the_order_of_the_file()
    {
        SpecReadResult result = PruneSpecReader.Read(
            """
            vresion: 1
            model: 5
            class: new
            task: image-clasification
            prune:
              seed: -1
              budget: { macs: 50 }
              ratios: { ffn: 1 }
            data:
              personal: { samples: 0 }
            """,
            "a.prune.yaml");
        Assert.Null(result.Spec);
        Assert.Equal(
            [
                "a.prune.yaml(1,1): error PRUNE0002: unknown key 'vresion' in the spec; did you mean 'version'?",
                "a.prune.yaml(1,1): error PRUNE0010: 'version' is missing; add 'version: 1'",
                "a.prune.yaml(2,8): error PRUNE0003: 'model' must be a path; found '5'",
                "a.prune.yaml(3,8): error PRUNE0003: 'class' must be a C# identifier that is no keyword; found 'new'",
                "a.prune.yaml(4,7): error PRUNE0003: 'task' must be 'generic', 'image-classification', 'text-classification', "
                    + "'text-embedding' or 'causal-lm'; found 'image-clasification'; did you mean 'image-classification'?",
                "a.prune.yaml(6,9): error PRUNE0003: 'prune.seed' must be a whole number at least 0; found '-1'",
                "a.prune.yaml(7,19): error PRUNE0003: 'prune.budget.macs' must be a number above 0 and at most 1; found '50'",
                "a.prune.yaml(8,3): error PRUNE0009: 'prune.budget' and 'prune.ratios' exclude each other: give what may remain, or what is removed, not both",
                "a.prune.yaml(8,18): error PRUNE0003: 'prune.ratios.ffn' must be a number at least 0 and below 1; found '1'",
                "a.prune.yaml(10,3): error PRUNE0010: 'data.personal.path' is missing; add 'path: data/personal'",
                "a.prune.yaml(10,24): error PRUNE0003: 'data.personal.samples' must be a whole number at least 1 and at most 1000000; found '0'",
            ],
            result.Diagnostics.Select(d => d.ToString()));
    }

    [Theory]
    [InlineData("version: 1\nprune: { buget: {} }", "PRUNE0002", 2, 10, "in 'prune'; did you mean 'budget'?")]
    [InlineData("version: 1\nseed: 3", "PRUNE0002", 2, 1, "it is known as 'prune.seed'")]
    [InlineData("version: 1\ndata: { xyzzy: 1 }", "PRUNE0002", 2, 9, "known are personal, common, test")]
    [InlineData("version: 1\n<<: { model: a.onnx }", "PRUNE0002", 2, 1, "'<<'")]
    [InlineData("model: a.onnx", "PRUNE0010", 1, 1, "add 'version: 1'")]
    [InlineData("version: 2\nquality: {}", "PRUNE0004", 1, 10, "version 2 of the spec is newer than 1")]
    [InlineData("version: 0", "PRUNE0003", 1, 10, "the number 1")]
    [InlineData("version: '1'", "PRUNE0003", 1, 10, "the number 1; found the text '1'")]
    [InlineData("version: 1.0", "PRUNE0003", 1, 10, "the number 1; found '1.0'")]
    [InlineData("version: 99999999999999999999", "PRUNE0003", 1, 10, "the number 1; found '99999999999999999999'")]
    [InlineData("version: 1\nversion: 1", "PRUNE0011", 2, 1, "the first is on line 1")]
    [InlineData("version: 1\nprune: 5", "PRUNE0003", 2, 8, "a section with 'seed'")]
    [InlineData("version: 1\nprune: [1]", "PRUNE0003", 2, 8, "found a list")]
    [InlineData("version: 1\nmodel:", "PRUNE0003", 2, 7, "found nothing")]
    [InlineData("version: 1\nmodel: { a: 1 }", "PRUNE0003", 2, 8, "found a section")]
    [InlineData("version: 1\nmodel: ''", "PRUNE0003", 2, 8, "a path")]
    [InlineData("version: 1\nclass: 9a", "PRUNE0003", 2, 8, "identifier")]
    [InlineData("version: 1\nclass: A.B", "PRUNE0003", 2, 8, "identifier")]
    [InlineData("version: 1\nnamespace: A..B", "PRUNE0003", 2, 12, "dots")]
    [InlineData("version: 1\nnamespace: A.int", "PRUNE0003", 2, 12, "dots")]
    [InlineData("version: 1\ntask: [a]", "PRUNE0003", 2, 7, "found a list")]
    [InlineData("version: 1\nlabels: []", "PRUNE0003", 2, 9, "a path or a list")]
    [InlineData("version: 1\nlabels: [a, , b]", "PRUNE0001", 2, 13, "")]
    [InlineData("version: 1\nlabels: [a, ~]", "PRUNE0003", 2, 13, "nothing")]
    [InlineData("version: 1\nlabels: [a, [b]]", "PRUNE0003", 2, 13, "a list")]
    [InlineData("version: 1\nimage: {}", "PRUNE0009", 2, 1, "exclude each other")]
    [InlineData("version: 1\nimage: { size: 3 }", "PRUNE0009", 2, 1, "task: image-classification")]
    [InlineData("version: 1\ntask: causal-lm\nimage: {}", "PRUNE0009", 3, 1, "'task: causal-lm'")]
    [InlineData("version: 1\nprune: { seed: 0x10 }", "PRUNE0003", 2, 16, "a whole number")]
    [InlineData("version: 1\nprune: { seed: 3000000000 }", "PRUNE0003", 2, 16, "a whole number")]
    [InlineData("version: 1\nprune: { budget: { macs: 0 } }", "PRUNE0003", 2, 26, "above 0")]
    [InlineData("version: 1\nprune: { budget: { macs: .nan } }", "PRUNE0003", 2, 26, "above 0")]
    [InlineData("version: 1\nprune: { budget: { macs: 1e999 } }", "PRUNE0003", 2, 26, "above 0")]
    [InlineData("version: 1\nprune: { budget: { macs: 50% } }", "PRUNE0003", 2, 26, "'50%'")]
    [InlineData("version: 1\nprune: { budget: { macs: '0.5' } }", "PRUNE0003", 2, 26, "a number")]
    [InlineData("version: 1\nprune: { ratios: { ffn: -0.1 } }", "PRUNE0003", 2, 25, "at least 0 and below 1")]
    [InlineData("version: 1\n? [a]\n: 1", "PRUNE0003", 2, 3, "a list")]
    [InlineData("[version, 1]", "PRUNE0003", 1, 1, "'the spec' must be a section")]
    [InlineData("version", "PRUNE0003", 1, 1, "found 'version'")]
    [InlineData("version: 1\nmodel: &a b", "PRUNE0012", 2, 8, "the anchor '&a'")]
    [InlineData("version: 1\nmodel: !!str b", "PRUNE0012", 2, 8, "the tag")]
    [InlineData("version: 1\nmodel: *b", "PRUNE0012", 2, 8, "the alias '*b'")]
    [InlineData("version: 1\n---\nversion: 1", "PRUNE0001", 2, 1, "one YAML document")]
    [InlineData("version: 1\n  model: x", "PRUNE0001", 2, 8, "")]
    [InlineData("version: 1\nmodel: \"x", "PRUNE0001", 2, 8, "")]
    [InlineData("version: 1\n\tmodel: x", "PRUNE0001", 2, 1, "")]
    [InlineData("version: 1\nmodel: @x", "PRUNE0001", 2, 8, "")]
    [InlineData("version: 1\nmodel: \"a\\0b\"", "PRUNE0003", 2, 8, "a path")]
    [InlineData("", "PRUNE0013", 1, 1, "smallest")]
    [InlineData("# only a comment\n", "PRUNE0013", 1, 1, "smallest")]
    [InlineData("---\n...\n", "PRUNE0013", 1, 1, "smallest")]
    public void A_mistake_is_reported_at_its_place(string text, string id, int line, int column, string part)
    {
        SpecReadResult result = PruneSpecReader.Read(text, "a.prune.yaml");
        PruneDiagnostic diagnostic = Assert.Single(result.Diagnostics);
        Assert.Equal((id, line, column), (diagnostic.Id, diagnostic.Line, diagnostic.Column));
        Assert.Contains(part, diagnostic.Message);
        Assert.Null(result.Spec);
    }

    [Theory]
    [InlineData("size: [1, 2, 3]", 3, 16)]
    [InlineData("size: [0, 2]", 3, 17)]
    [InlineData("size: [1.5, 2]", 3, 17)]
    [InlineData("size: big", 3, 16)]
    [InlineData("color: rbg", 3, 17)]
    [InlineData("mean: [1, 2]", 3, 16)]
    [InlineData("mean: [1, 2, x]", 3, 23)]
    [InlineData("std: [1, 0, 1]", 3, 19)]
    [InlineData("std: 0", 3, 15)]
    [InlineData("scale: 0", 3, 17)]
    [InlineData("color: gray, std: [1, 1, 1]", 3, 28)]
    public void A_mistake_in_the_image_section_is_reported_at_its_place(string setting, int line, int column)
    {
        string text = $"version: 1\ntask: image-classification\nimage: {{ {setting} }}";
        PruneDiagnostic diagnostic = Assert.Single(PruneSpecReader.Read(text, "a.prune.yaml").Diagnostics);
        Assert.Equal(("PRUNE0003", line, column), (diagnostic.Id, diagnostic.Line, diagnostic.Column));
    }
}
