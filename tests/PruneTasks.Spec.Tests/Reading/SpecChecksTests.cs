using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Spec.Tests.Reading;

public sealed class SpecChecksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_missing_model_is_reported_where_it_is_named()
    {
        PruneDiagnostic diagnostic = Assert.Single(SpecChecks.Model(Spec("version: 1\nmodel: no.onnx")));
        Assert.Equal(("PRUNE0005", 2, 8), (diagnostic.Id, diagnostic.Line, diagnostic.Column));
        Assert.Contains(_folder["no.onnx"], diagnostic.Message);
        Assert.Equal((1, 10), (Assert.Single(SpecChecks.Model(Spec("version: 1"))).Line, Assert.Single(SpecChecks.Model(Spec("version: 1"))).Column));
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "PRUNE0103")]
    [InlineData("version http", null)]
    [InlineData("", null)]
    public void A_git_lfs_pointer_is_recognised(string content, string? id)
    {
        File.WriteAllText(_folder["a.onnx"], content);
        Assert.Equal(id, SpecChecks.Model(Spec("version: 1")).SingleOrDefault()?.Id);
    }

    [Fact]
    public void Data_folders_must_exist_and_hold_something()
    {
        Directory.CreateDirectory(_folder["empty/deep"]);
        Directory.CreateDirectory(_folder["full/deep"]);
        File.WriteAllText(_folder["empty/deep/readme.txt"], "");
        File.WriteAllText(_folder["full/deep/a.JPEG"], "");
        PruneSpec spec = Spec("version: 1\ndata:\n  personal: { path: full }\n  common: { path: empty }\n  test: { path: none }");
        Assert.Equal(
            [("PRUNE0021", 4, 19), ("PRUNE0020", 5, 17)],
            SpecChecks.Data(spec).Select(d => (d.Id, d.Line, d.Column)));
    }

    [Fact]
    public void Pruning_without_personal_data_is_an_error()
    {
        PruneDiagnostic diagnostic = Assert.Single(SpecChecks.Data(Spec("version: 1\ndata: {}")));
        Assert.Equal(("PRUNE0403", 2), (diagnostic.Id, diagnostic.Line));
        Assert.Contains("data: { personal: { path: ... } }", diagnostic.Message);
    }

    [Theory]
    [InlineData("cat\r\n dog \nhot dog\n\n", "cat|dog|hot dog", "")]
    [InlineData("cat\n\ndog", null, "blank line 2")]
    [InlineData(" \n", null, "is empty")]
    public void A_labels_file_has_one_label_per_line(string content, string? labels, string problem)
    {
        File.WriteAllText(_folder["l.txt"], content);
        var diagnostics = new List<PruneDiagnostic>();
        IReadOnlyList<string>? read = SpecChecks.Labels(Spec("version: 1\nlabels: l.txt"), diagnostics);
        Assert.Equal(labels, read is null ? null : string.Join("|", read));
        Assert.Equal(labels is null, diagnostics.Count == 1 && diagnostics[0].Id == "PRUNE0014" && diagnostics[0].Message.Contains(problem));
    }

    [Fact]
    public void A_missing_labels_file_is_reported_where_it_is_named()
    {
        var diagnostics = new List<PruneDiagnostic>();
        Assert.Null(SpecChecks.Labels(Spec("version: 1\nlabels: l.txt"), diagnostics));
        Assert.Equal((2, 9), (diagnostics.Single().Line, diagnostics.Single().Column));
    }

    public void Dispose() => _folder.Dispose();

    private PruneSpec Spec(string text) => PruneSpecReader.Read(text, _folder["a.prune.yaml"]).Spec!;
}
