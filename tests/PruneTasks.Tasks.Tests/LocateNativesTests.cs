using PruneTasks.BuildTesting;

namespace PruneTasks.Tasks.Tests;

public sealed class LocateNativesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingEngine _engine = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Packages_are_found_in_any_of_the_folders()
    {
        Package("fallback", "libtorch-cpu-linux-x64/2.10.0", "libtorch.so");
        Package("main", "microsoft.ml.onnxruntime/1.31.1", "libonnxruntime.so");
        LocateNatives task = NewTask();

        Assert.True(task.Execute());

        Assert.Empty(task.Missing);
        Assert.Equal(_folder["fallback", "libtorch-cpu-linux-x64", "2.10.0", "runtimes", "linux-x64", "native"], task.LibTorchDirectory);
        Assert.Equal(_folder["main", "microsoft.ml.onnxruntime", "1.31.1", "runtimes", "linux-x64", "native"], task.OnnxRuntimeDirectory);
    }

    [Fact]
    public void A_package_without_the_file_that_NuGet_writes_last_is_not_taken()
    {
        Package("main", "libtorch-cpu-linux-x64/2.10.0", "libtorch.so");
        File.Delete(_folder["main", "libtorch-cpu-linux-x64", "2.10.0", ".nupkg.metadata"]);
        LocateNatives task = NewTask();

        Assert.True(task.Execute());

        Assert.Equal(["libtorch-cpu-linux-x64/2.10.0", "Microsoft.ML.OnnxRuntime/1.31.1"], task.Missing.Select(item => $"{item.ItemSpec}/{item.GetMetadata("Version")}"));
    }

    [Fact]
    public void What_is_required_and_missing_names_the_line_that_brings_it()
    {
        LocateNatives task = NewTask();
        task.Required = true;

        Assert.False(task.Execute());

        Assert.Equal(["PRUNE0906", "PRUNE0907"], _engine.Errors.Select(e => e.Code));
        Assert.Contains("<PackageDownload Include=\"libtorch-cpu-linux-x64\" Version=\"[2.10.0]\" />", _engine.Errors[0].Message);
        Assert.Contains("<PackageDownload Include=\"Microsoft.ML.OnnxRuntime\" Version=\"[1.31.1]\" />", _engine.Errors[1].Message);
        Assert.All(_engine.Errors, e => Assert.Contains(e.Code, e.HelpLink));
    }

    [Theory]
    [InlineData("torch/libtorch.so", "torch")]
    [InlineData("torch/lib/libtorch.so", "torch")]
    [InlineData("torch/libtorch.so", "torch/libtorch.so")]
    public void A_named_folder_wins_over_the_packages(string library, string named)
    {
        Package("main", "libtorch-cpu-linux-x64/2.10.0", "libtorch.so");
        Package("main", "microsoft.ml.onnxruntime/1.31.1", "libonnxruntime.so");
        string path = _folder.Write(library, "");
        LocateNatives task = NewTask();
        task.LibTorchPath = _folder[named];

        Assert.True(task.Execute());

        Assert.Equal(Path.GetDirectoryName(path), task.LibTorchDirectory);
    }

    [Fact]
    public void A_named_folder_that_is_wrong_is_an_error_although_the_package_is_there()
    {
        Package("main", "libtorch-cpu-linux-x64/2.10.0", "libtorch.so");
        LocateNatives task = NewTask();
        task.LibTorchPath = _folder["nowhere"];

        Assert.False(task.Execute());

        Assert.Equal("PRUNE0906", Assert.Single(_engine.Errors).Code);
    }

    [Theory]
    [InlineData("linux-arm64")]
    [InlineData("linux-musl-x64")]
    [InlineData("")]
    public void A_platform_without_libtorch_is_named_with_those_that_work(string rid)
    {
        LocateNatives task = NewTask();
        task.HostRid = rid;

        Assert.False(task.Execute());

        Assert.Equal("PRUNE0903", Assert.Single(_engine.Errors).Code);
        Assert.Contains("linux-x64", _engine.Errors[0].Message);
    }

    private LocateNatives NewTask() => new()
    {
        BuildEngine = _engine,
        HostRid = "linux-x64",
        PackageFolders = ["", _folder["main"], _folder["fallback"]],
        LibTorchVersion = "2.10.0",
        OnnxRuntimeVersion = "1.31.1",
    };

    private void Package(string root, string package, string library)
    {
        _folder.Write($"{root}/{package}/.nupkg.metadata", "{}");
        _folder.Write($"{root}/{package}/runtimes/linux-x64/native/{library}", "");
    }
}
