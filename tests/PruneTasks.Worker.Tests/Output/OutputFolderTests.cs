using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Output;

namespace PruneTasks.Worker.Tests.Output;

public sealed class OutputFolderTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_is_seen_before_the_commit_and_all_after_it()
    {
        using (var output = new OutputFolder(_folder.File("out")))
        {
            output.Add("a.txt", "a");
            output.Add("result.json", "{}");
            Assert.Empty(_folder.Files("out"));
            output.Commit();
        }
        Assert.Equal(["out/a.txt", "out/result.json"], _folder.Files());
    }

    [Fact]
    public void Without_a_commit_old_files_stay_and_nothing_is_left_behind()
    {
        _folder.Write("out/a.txt", "old");
        using (var output = new OutputFolder(_folder.File("out"))) output.Add("a.txt", "new");
        Assert.Equal(["out/a.txt"], _folder.Files());
        Assert.Equal("old", File.ReadAllText(_folder.File("out/a.txt")));
    }

    [Fact]
    public void A_set_that_cannot_be_moved_whole_loses_its_stamp()
    {
        _folder.Write("out/result.json", "old");
        Directory.CreateDirectory(_folder.File("out/a.txt"));
        using var output = new OutputFolder(_folder.File("out"));
        output.Add("a.txt", "new");
        output.Add("result.json", "new");
        PruneDiagnosticException problem = Assert.Throws<PruneDiagnosticException>(output.Commit);
        Assert.Equal("PRUNE0913", problem.Diagnostics[0].Id);
        Assert.False(File.Exists(_folder.File("out/result.json")));
    }

    [Fact]
    public void What_a_killed_run_left_beside_the_folder_goes_and_what_others_write_stays()
    {
        // No process has this number: it is above the largest that Linux and Windows give (4194304).
        string own = Records.ProcessMark.New(), dead = "2000000000" + own[own.IndexOf('-', StringComparison.Ordinal)..];
        _folder.Write($"out.{dead}.tmp/m.onnx", "half");
        _folder.Write($"out.{own}.tmp/m.onnx", "busy");
        _folder.Write($"other.{dead}.tmp/m.onnx", "not ours");
        using (var output = new OutputFolder(_folder.File("out"))) output.Add("a.txt", "new");
        Assert.Equal([$"other.{dead}.tmp/m.onnx", $"out.{own}.tmp/m.onnx"], _folder.Files());
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_an_error()
    {
        _folder.Write("file", "no folder");
        Assert.Equal("PRUNE0913", Assert.Throws<PruneDiagnosticException>(() => new OutputFolder(_folder.File("file/out"))).Diagnostics[0].Id);
    }
}
