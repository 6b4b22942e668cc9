using System.Runtime.CompilerServices;
using PruneTasks.Torch.Native;

namespace PruneTasks.Testing;

/// <summary>Loads libtorch before any test touches TorchSharp. Link this file into every test project that uses torch.</summary>
internal static class TorchStartup
{
    internal static TorchRuntimeInfo Info { get; private set; } = null!;

#pragma warning disable CA2255 // A test assembly has no entry point of its own.
    [ModuleInitializer]
    internal static void Load() => Info = TorchRuntime.Initialize();
#pragma warning restore CA2255
}
