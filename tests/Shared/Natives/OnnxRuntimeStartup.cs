using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Torch.Native;

namespace PruneTasks.Testing;

/// <summary>Points ONNX Runtime at the NuGet folder before any test uses it. Link this file into every test project that references its managed package only.</summary>
internal static class OnnxRuntimeStartup
{
    internal static string Folder { get; private set; } = "";

#pragma warning disable CA2255 // A test assembly has no entry point of its own.
    [ModuleInitializer]
    internal static void Load() => Folder = OnnxRuntimeNative.Initialize(typeof(OrtEnv).Assembly);
#pragma warning restore CA2255
}
