using PruneTasks.BuildTesting;
using PruneTasks.Records;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Tests;

public sealed class PruneCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModelFolder _model;
    private readonly ModelRecord _record;

    public PruneCheckTests()
    {
        _folder.Write("vit.onnx", "dense");
        _folder.Write("vit.onnx.data", "weights");
        _folder.Write("data/cat/1.png", "one");
        _folder.Write("data/dog/2.png", "two");
        _folder.Write("tools/PruneTasks.Worker.dll", "code");
        _model = new ModelFolder(_folder["obj", "vit"]);
        _folder.Write("obj/vit/vit.pruned.onnx", "pruned");
        _record = new ModelRecord
        {
            Spec = _folder["vit.prune.yaml"],
            Name = "vit",
            Model = _folder["vit.onnx"],
            Resource = "PruneTasks.vit.onnx",
            CanonicalSpec = "spec",
            DescribedState = "",
            DescribedFiles = [],
            ModelFiles = [_folder["vit.onnx.data"]],
            Data = [_folder["data"]],
            Tool = _folder["tools", "PruneTasks.Worker.dll"],
            Natives = "2.10.0",
        };
        Stamp();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_changed_is_current_by_state_and_by_content()
    {
        Assert.True(PruneCheck.IsCurrentByState(_model, _record));
        Assert.True(PruneCheck.IsCurrentByContent(_model, _record));
    }

    [Theory]
    [InlineData("vit.onnx")]
    [InlineData("vit.onnx.data")]
    [InlineData("data/cat/1.png")]
    [InlineData("tools/PruneTasks.Worker.dll")]
    [InlineData("obj/vit/vit.pruned.onnx")]
    public void A_touched_file_is_current_by_content_and_then_by_state(string file)
    {
        File.SetLastWriteTimeUtc(_folder[file], new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        Assert.False(PruneCheck.IsCurrentByState(_model, _record));
        Assert.True(PruneCheck.IsCurrentByContent(_model, _record));
        Assert.True(PruneCheck.IsCurrentByState(_model, _record));
    }

    [Theory]
    [InlineData("vit.onnx")]
    [InlineData("vit.onnx.data")]
    [InlineData("data/cat/1.png")]
    [InlineData("data/new.png")]
    [InlineData("tools/PruneTasks.Worker.dll")]
    [InlineData("obj/vit/vit.pruned.onnx")]
    public void Other_content_is_not_current(string file)
    {
        _folder.Write(file, "something else");

        Assert.False(PruneCheck.IsCurrentByState(_model, _record));
        Assert.False(PruneCheck.IsCurrentByContent(_model, _record));
    }

    [Fact]
    public void A_sample_that_moved_to_another_folder_is_not_current()
    {
        File.Move(_folder["data", "cat", "1.png"], _folder["data", "dog", "1.png"]);

        Assert.False(PruneCheck.IsCurrentByState(_model, _record));
        Assert.False(PruneCheck.IsCurrentByContent(_model, _record));
    }

    [Fact]
    public void Another_spec_or_version_of_the_natives_is_not_current()
    {
        Assert.False(PruneCheck.IsCurrentByContent(_model, _record with { CanonicalSpec = "other" }));
        Assert.False(PruneCheck.IsCurrentByContent(_model, _record with { Natives = "2.11.0" }));
    }

    [Fact]
    public void The_same_project_in_another_folder_has_the_same_content()
    {
        string before = PruneInputs.Content(_record);
        using var other = new TemporaryFolder("elsewhere");
        foreach (string file in (string[])["vit.onnx", "vit.onnx.data", "data/cat/1.png", "data/dog/2.png", "tools/PruneTasks.Worker.dll"])
            other.Write(file, File.ReadAllText(_folder[file]));

        string after = PruneInputs.Content(_record with
        {
            Model = other["vit.onnx"],
            ModelFiles = [other["vit.onnx.data"]],
            Data = [other["data"]],
            Tool = other["tools", "PruneTasks.Worker.dll"],
        });

        Assert.Equal(before, after);
    }

    [Fact]
    public void A_missing_pruned_model_or_stamp_is_not_current()
    {
        File.Delete(_model.Pruned);
        Assert.False(PruneCheck.IsCurrentByState(_model, _record));
        Assert.False(PruneCheck.IsCurrentByContent(_model, _record));
        _folder.Write("obj/vit/vit.pruned.onnx", "pruned");
        Assert.True(PruneCheck.IsCurrentByContent(_model, _record));
        File.Delete(_model.Stamp);
        Assert.False(PruneCheck.IsCurrentByState(_model, _record));
        Assert.False(PruneCheck.IsCurrentByContent(_model, _record));
    }

    [Fact]
    public void A_link_is_watched_for_what_it_points_to()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        File.Delete(_folder["vit.onnx"]);
        string target = _folder.Write("store/blob", "dense");
        File.CreateSymbolicLink(_folder["vit.onnx"], target);
        Assert.True(PruneCheck.IsCurrentByContent(_model, _record));
        Assert.True(PruneCheck.IsCurrentByState(_model, _record));

        File.WriteAllText(target, "other");

        Assert.False(PruneCheck.IsCurrentByState(_model, _record));
        Assert.False(PruneCheck.IsCurrentByContent(_model, _record));
    }

    private void Stamp() => new PruneStamp(
        PruneInputs.Content(_record), PruneInputs.State(_record), Sha256.OfFile(_model.Pruned), PruneStamp.StateOf(_model.Pruned)!)
        .Write(_model.Stamp);
}
