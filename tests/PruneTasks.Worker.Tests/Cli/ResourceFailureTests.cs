using System.Runtime.InteropServices;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Cli;
using PruneTasks.Worker.Natives;
using TorchSharp;

namespace PruneTasks.Worker.Tests.Cli;

public sealed class ResourceFailureTests
{
    [Fact]
    public void A_tensor_that_does_not_fit_is_reported_as_memory()
    {
        WorkerNatives.UseTorch(null, 1);

        // 4 PiB: no machine has them, and nothing is touched.
        Exception thrown = Assert.ThrowsAny<Exception>(() => torch.empty(1L << 50));

        PruneDiagnostic? diagnostic = ResourceFailure.Explain(new InvalidOperationException("outer", thrown), "m");
        Assert.Equal("PRUNE0905", diagnostic?.Id);
    }

    [Fact]
    public void Managed_memory_a_full_disk_and_other_problems_are_told_apart()
    {
        Assert.Equal("PRUNE0905", ResourceFailure.Explain(new OutOfMemoryException(), "m")?.Id);
        Assert.Equal("PRUNE0917", ResourceFailure.Explain(new IOException("No space left on device", 28), "m")?.Id);
        Assert.Equal("PRUNE0917", ResourceFailure.Explain(new IOException("There is not enough space on the disk", unchecked((int)0x80070070)), "m")?.Id);
        Assert.Null(ResourceFailure.Explain(new IOException("Permission denied", 13), "m"));
        Assert.Null(ResourceFailure.Explain(new ExternalException("shape '[2]' is invalid"), "m"));
    }
}
