namespace PruneTasks.CodeFixes.Tests.Harness;

/// <summary>
/// Types as the generator marks them, small: what the analyzers see of a model without loading one. That the generator marks its own types so is
/// tested with its real output in GeneratedCodeTests.
/// </summary>
internal static class Generated
{
    public const string Source = """
        #nullable enable
        using System;
        using System.CodeDom.Compiler;
        using System.Threading;
        using System.Threading.Tasks;
        using PruneTasks;
        using PruneTasks.Runtime;
        namespace App
        {
            public sealed class Vit : IPrunedModel
            {
                public const int ImageLength = 3072;
                public Vit(ModelOptions? options = null) { }
                public static Task<Vit> LoadAsync(ModelOptions? options = null, CancellationToken cancellationToken = default) => Task.FromResult(new Vit());
                public string Name => "vit";
                public Microsoft.ML.OnnxRuntime.InferenceSession Session => throw new NotSupportedException();
                public Prediction<VitLabel> Classify(PixelSpan image, CancellationToken cancellationToken = default) => default;
                public Prediction<VitLabel> Classify(byte[] image, CancellationToken cancellationToken = default) => default;
                public Task<Prediction<VitLabel>> ClassifyAsync(byte[] image, CancellationToken cancellationToken = default) => Task.FromResult(default(Prediction<VitLabel>));
                public static void Preprocess(PixelSpan image, [TensorLength(3072, TensorLengthRule.AtLeast)] Span<float> destination) { }
                public VitOutput Run([TensorLength(3072, TensorLengthRule.MultipleOf)] ReadOnlySpan<float> input, CancellationToken cancellationToken = default) => new VitOutput();
                public VitOutput RunOne([TensorLength(4, TensorLengthRule.Exactly)] ReadOnlySpan<float> input) => new VitOutput();
                public VitRequest CreateRequest(int batch = 1) => new VitRequest();
                public VitSession CreateSession() => new VitSession();
                public ModelCard Card => throw new NotSupportedException();
                public string ExecutionProvider => "";
                public ValueTask DisposeAsync() => default;
                public void Dispose() { }
            }
            [GeneratedType(GeneratedTypeKind.Output)]
            public sealed class VitOutput : IDisposable
            {
                public TensorView<float> Logits => default;
                public void Dispose() { }
            }
            [GeneratedType(GeneratedTypeKind.Request)]
            public sealed class VitRequest : IDisposable
            {
                public Span<float> Input => default;
                public ReadOnlySpan<float> Logits => default;
                public void Run(CancellationToken cancellationToken = default) { }
                public ValueTask RunAsync(CancellationToken cancellationToken = default) => default;
                public void Dispose() { }
            }
            [GeneratedType(GeneratedTypeKind.Session)]
            public sealed class VitSession : IDisposable
            {
                public ReadOnlySpan<float> Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default) => default;
                public VitSession Fork() => new VitSession();
                public void Dispose() { }
            }
            [GeneratedType(GeneratedTypeKind.Label)]
            public enum VitLabel { GoldenRetriever = 0, Crane = 1, Cat = 2, Crane3 = 3 }
            [GeneratedCode("PruneTasks", "1.0.0")]
            public static class VitLabelExtensions
            {
                public static string ToText(this VitLabel label) => "";
            }
        }
        """;
}
