using System.Text.RegularExpressions;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Tests.Cli;

/// <summary>Each kind of bad input: its id, its place, exit code 1, and nothing written.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly CommandFixture _worker = new();

    public void Dispose() => _worker.Dispose();

    [Fact]
    public void Yaml_that_is_no_yaml() => Fails("PRUNE0001", () => Spec(CommandFixture.Spec.Replace("{ size: [4, 4] }", "{ size: [4, 4 }", StringComparison.Ordinal)), line: 5);

    [Fact]
    public void An_unknown_key_with_a_suggestion()
    {
        Fails("PRUNE0002", () => Spec(CommandFixture.Spec.Replace("budget:", "budgett:", StringComparison.Ordinal)), line: 9, column: 3);
        Assert.Contains("budget", _worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_spec() => Fails("PRUNE0015", () => File.Delete(_worker.Folder.File("m.prune.yaml")));

    [Fact]
    public void A_missing_model() => Fails("PRUNE0005", () => File.Delete(_worker.Folder.File("model.onnx")), line: 2, column: 8);

    [Fact]
    public void A_file_that_is_no_onnx_model() => Fails("PRUNE0101", () => _worker.Folder.Write("model.onnx", "not a model, but text"), line: 2, column: 8);

    [Fact]
    public void An_empty_model_file() => Fails("PRUNE0101", () => _worker.Folder.Write("model.onnx", ""), line: 2, column: 8);

    [Fact]
    public void A_model_that_is_cut_off() => Fails("PRUNE0101", () => _worker.Folder.Write("model.onnx", TestModels.ChannelMeans(4)[..^20]), line: 2, column: 8);

    [Fact]
    public void A_git_lfs_pointer() =>
        Fails("PRUNE0103", () => _worker.Folder.Write("model.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"), line: 2, column: 8);

    [Fact]
    public void A_missing_data_folder() => Fails("PRUNE0020", () => Directory.Delete(_worker.Folder.File("data"), recursive: true), line: 7, column: 21);

    [Fact]
    public void An_empty_data_folder() => Fails("PRUNE0021", () =>
    {
        Directory.Delete(_worker.Folder.File("data"), recursive: true);
        Directory.CreateDirectory(_worker.Folder.File("data"));
    }, line: 7, column: 21);

    [Fact]
    public void A_folder_in_which_no_image_decodes() => Fails("PRUNE0023", () =>
    {
        Directory.Delete(_worker.Folder.File("data"), recursive: true);
        _worker.Folder.Write("data/a.png", "no image");
        _worker.Folder.Write("data/b.jpg", "no image");
    }, line: 7, column: 21, others: 2);

    [Fact]
    public void An_image_section_that_does_not_fit() => Fails("PRUNE0108", () => Spec(CommandFixture.Spec.Replace("[4, 4]", "[8, 8]", StringComparison.Ordinal)), line: 5);

    [Fact]
    public void Labels_that_are_not_as_many_as_the_classes() => Fails("PRUNE0203", () => Spec(CommandFixture.Spec.Replace(", blue]", "]", StringComparison.Ordinal)), line: 4);

    [Theory]
    [InlineData("1.5")]
    [InlineData("0")]
    [InlineData("-0.5")]
    public void A_budget_out_of_range(string budget) => Fails("PRUNE0003", () => Spec(CommandFixture.Spec.Replace("macs: 0.5", $"macs: {budget}", StringComparison.Ordinal)), line: 9);

    [Fact]
    public void A_test_set_that_is_missing_is_found_before_anything_long_begins()
    {
        var pipeline = new CommandFixture.Smaller();
        Spec(CommandFixture.Spec.Replace("personal: { path: data }", "personal: { path: data }\n  test: { path: nowhere }", StringComparison.Ordinal));
        Assert.Equal(1, _worker.Prune(pipeline));
        Assert.Contains("PRUNE0020", _worker.Output, StringComparison.Ordinal);
        Assert.Null(pipeline.Job);
    }

    [Fact]
    public void Several_problems_are_reported_together()
    {
        File.Delete(_worker.Folder.File("model.onnx"));
        Directory.Delete(_worker.Folder.File("data"), recursive: true);
        Assert.Equal(1, _worker.Prune());
        Assert.Contains("PRUNE0005", _worker.Output, StringComparison.Ordinal);
        Assert.Contains("PRUNE0020", _worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_does_not_decode_is_a_warning_and_counted()
    {
        string bad = _worker.Folder.Write("data/red/bad.png", "no image");
        Assert.Equal(0, _worker.Prune());
        Assert.Contains($"{bad}: warning PRUNE0022: ", _worker.Output, StringComparison.Ordinal);
        Assert.Contains("\"skipped\": 1", File.ReadAllText(_worker.Folder.File("out/report.json")), StringComparison.Ordinal);
        PruneResult result = PruneResult.Parse(File.ReadAllText(_worker.Folder.File("out/result.json")));
        Assert.Equal("PRUNE0022", Assert.Single(result.Diagnostics, diagnostic => diagnostic.Severity == PruneSeverity.Warning && diagnostic.Id == "PRUNE0022").Id);
    }

    private void Spec(string text) => _worker.Folder.Write("m.prune.yaml", text);

    private void Fails(string id, Action spoil, int line = 0, int column = 0, int others = 0)
    {
        spoil();
        string[] before = _worker.Folder.Files();
        Assert.Equal(1, _worker.Prune());
        string[] lines = _worker.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1 + others, lines.Length);
        Match match = Regex.Match(lines[^1], $@"^(.*m\.prune\.yaml)(\((\d+),(\d+)\))?: error {id}: .+");
        Assert.True(match.Success, _worker.Output);
        if (line > 0) Assert.Equal(line, int.Parse(match.Groups[3].Value, System.Globalization.CultureInfo.InvariantCulture));
        if (column > 0) Assert.Equal(column, int.Parse(match.Groups[4].Value, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(before, _worker.Folder.Files());
    }
}
