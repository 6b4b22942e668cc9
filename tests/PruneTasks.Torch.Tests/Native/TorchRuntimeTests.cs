using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Testing;
using PruneTasks.Torch.Native;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Native;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void Bridge_and_libtorch_work_product_convolution_gradient_and_decomposition()
    {
        using var scope = NewDisposeScope();
        Tensor a = tensor(new double[,] { { 1, 2 }, { 3, 4 } });
        Assert.Equal(10.0, a.matmul(a)[0, 1].item<double>());

        Tensor weight = ones(1, 1, 2, 2).requires_grad_(true);
        nn.functional.conv2d(arange(9, float32).reshape(1, 1, 3, 3), weight).sum().backward();
        Assert.Equal([8f, 12f, 20f, 24f], weight.grad!.data<float>().ToArray());

        Tensor m = tensor(new double[] { 3, 0, 0, 4, 5, 0, 1, 2, 6 }).reshape(3, 3);
        (Tensor u, Tensor s, Tensor v) = linalg.svd(m);
        Assert.True((u.matmul(diag(s)).matmul(v) - m).abs().max().item<double>() < 1e-12);

        // Large enough for several threads.
        Tensor big = ones(512, 512);
        Assert.Equal(512f * 512f * 512f, big.matmul(big).sum().item<float>(), 1f);
    }

    [Fact]
    public void Native_exceptions_arrive_as_managed_ones()
    {
        using var scope = NewDisposeScope();
        Tensor a = zeros(2, 3);
        Assert.ThrowsAny<ExternalException>(() => a.reshape(5, 5));
        Assert.ThrowsAny<ExternalException>(() => a.add(zeros(4)));
        Assert.ThrowsAny<ExternalException>(() => cat([a, zeros(3, 4)]));
    }

    [Fact]
    public void Initialize_is_idempotent_and_safe_from_many_threads()
    {
        TorchRuntimeInfo[] infos = [.. Enumerable.Range(0, 16).AsParallel().Select(_ => TorchRuntime.Initialize())];
        Assert.All(infos, info => Assert.Same(TorchStartup.Info, info));
        Assert.Equal(Environment.ProcessorCount, get_num_threads());
    }

    [Fact]
    public void Natives_are_loaded_from_where_restore_put_them_and_nothing_is_copied_beside_the_assembly()
    {
        Assert.True(File.Exists(Path.Combine(TorchStartup.Info.LibTorchFolder, NativePackage.LibTorch(NativePackage.HostRid()).Library)));
        Assert.DoesNotContain(
            Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories),
            file => Path.GetFileName(file).Contains("torch_cpu", StringComparison.Ordinal) || Path.GetFileName(file).StartsWith("libonnxruntime", StringComparison.Ordinal));
        Assert.False(Directory.Exists(Path.Combine(AppContext.BaseDirectory, "cpu")));
        if (!TorchStartup.Info.BridgeIsPatched) return;
        Assert.StartsWith(BridgeCache.DefaultFolder(), TorchStartup.Info.BridgePath, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_written_into_the_nuget_folder_of_libtorch()
    {
        DateTime newest = new DirectoryInfo(TorchStartup.Info.LibTorchFolder).EnumerateFiles().Max(f => f.LastWriteTimeUtc);
        Assert.True(newest < System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime());
        Assert.DoesNotContain(Directory.EnumerateFiles(TorchStartup.Info.LibTorchFolder), f => f.Contains("LibTorchSharp", StringComparison.Ordinal));
    }

    [Fact]
    public void Onnx_runtime_runs_from_the_nuget_folder()
    {
        Assert.Contains("CPUExecutionProvider", OrtEnv.Instance().GetAvailableProviders());
        Assert.True(File.Exists(Path.Combine(OnnxRuntimeStartup.Folder, NativePackage.OnnxRuntime(NativePackage.HostRid()).Library)));
        Assert.Equal(OnnxRuntimeStartup.Folder, OnnxRuntimeNative.Initialize(typeof(OrtEnv).Assembly));
    }
}
