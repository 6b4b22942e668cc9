using PruneTasks.BuildTesting;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks.Tests;

public sealed class RecordTests
{
    private static readonly ModelRecord Sample = new()
    {
        Spec = "/a b/vit.prune.yaml",
        Name = "vit",
        Model = "/strange\nname\\n.onnx",
        Class = "Vit",
        Resource = "PruneTasks.vit.onnx",
        CanonicalSpec = "00ff",
        DescribedState = "11ee",
        DescribedFiles = ["/a b/vit.prune.yaml", "/m.onnx"],
        ModelFiles = ["/m.onnx.data"],
        Data = ["/data/personal", "/data/test"],
        Tool = "/tools/PruneTasks.Worker.dll",
        Natives = "2.10.0  1.31.1 ",
    };

    [Fact]
    public void A_record_comes_back_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        string path = folder["vit", "vit.record.txt"];

        Sample.Write(path);
        ModelRecord read = ModelRecord.Read(path)!;

        Assert.Equivalent(Sample, read, strict: true);
        Assert.Null(read.ModelOverride);
        Assert.Null(read.Namespace);
    }

    [Fact]
    public void A_record_that_is_cut_off_or_of_another_version_is_no_record()
    {
        using var folder = new TemporaryFolder();
        string path = folder["vit.record.txt"];
        Sample.Write(path);
        string text = File.ReadAllText(path);

        File.WriteAllText(path, text[..^3]);
        Assert.Null(ModelRecord.Read(path));
        File.WriteAllText(path, text.Replace("prunetasks-model 1", "prunetasks-model 0"));
        Assert.Null(ModelRecord.Read(path));
        File.WriteAllText(path, "");
        Assert.Null(ModelRecord.Read(path));
        Assert.Null(ModelRecord.Read(folder["absent"]));
    }

    [Fact]
    public void Writing_the_same_record_again_leaves_the_file_alone()
    {
        using var folder = new TemporaryFolder();
        string path = folder["vit.record.txt"];
        Sample.Write(path);
        var old = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, old);

        Sample.Write(path);
        Assert.Equal(old, File.GetLastWriteTimeUtc(path));
        (Sample with { CanonicalSpec = "else" }).Write(path);
        Assert.NotEqual(old, File.GetLastWriteTimeUtc(path));
    }
}
