using System.ComponentModel;
using System.Numerics;
using PruneTasks.Imaging;

namespace PruneTasks.Runtime;

/// <summary>The image classification call of a generated class: preprocess, run, softmax, best classes.</summary>
/// <typeparam name="TInput">Element type of the image input.</typeparam>
/// <typeparam name="TScore">Element type of the output with the class scores.</typeparam>
/// <typeparam name="TLabel">The label enum, or <see cref="int"/>.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ImageClassifier<TInput, TScore, TLabel>
    where TInput : unmanaged, INumberBase<TInput>
    where TScore : unmanaged, INumberBase<TScore>
    where TLabel : unmanaged
{
    private readonly ModelEngine _engine;
    private readonly ImagePreprocessor<TInput> _preprocessor;
    private readonly RequestPool _requests;
    private readonly int _output;
    private readonly int _labels;

    /// <summary>A classifier on an engine that somebody else owns and that has the image as its only input.</summary>
    /// <param name="engine">The loaded model.</param>
    /// <param name="preprocessor">From pixels to the input.</param>
    /// <param name="axes">Size of each axis of the model for one image.</param>
    /// <param name="output">Position of the output with the class scores.</param>
    /// <param name="labels">Number of labels, which must be the number of scores; 0 for a model without labels.</param>
    public ImageClassifier(ModelEngine engine, ImagePreprocessor<TInput> preprocessor, int[] axes, int output, int labels) =>
        (_engine, _preprocessor, _requests, _output, _labels) = (engine, preprocessor, new RequestPool(engine, axes), output, labels);

    /// <summary>The best class.</summary>
    public Prediction<TLabel> Classify(PixelSpan image, CancellationToken cancellationToken)
    {
        Prediction<TLabel> best = default;
        if (Classify(image, new Span<Prediction<TLabel>>(ref best), cancellationToken) == 0)
            throw new ModelException(ModelErrorKind.Shape, _engine.OutputNames[_output], $"Model '{_engine.Name}' gave no scores.");
        return best;
    }

    /// <summary>The best classes, best first; returns how many were written.</summary>
    /// <exception cref="ModelException">The number of scores is not the number of labels, or the model failed.</exception>
    public int Classify(PixelSpan image, Span<Prediction<TLabel>> destination, CancellationToken cancellationToken)
    {
        _engine.ThrowIfDisposed();
        ModelRequest request = _requests.Rent();
        try
        {
            _preprocessor.Run(image.Pixels, image.Width, image.Height, image.Stride, image.Format, request.Input<TInput>(0));
            request.Run(cancellationToken);
            ReadOnlySpan<TScore> scores = request.Output<TScore>(_output);
            if (_labels != 0 && scores.Length != _labels)
            {
                throw new ModelException(ModelErrorKind.Shape, _engine.OutputNames[_output],
                    $"Model '{_engine.Name}' gave {scores.Length} scores for one image, but there are {_labels} labels.");
            }
            return ClassScores.Top(scores, destination);
        }
        finally
        {
            _requests.Return(request);
        }
    }

    /// <summary>The best class, found on a thread of the pool.</summary>
    public Task<Prediction<TLabel>> ClassifyAsync(PixelMemory image, CancellationToken cancellationToken) =>
        Task.Run(() => Classify(image.Span, cancellationToken), cancellationToken);

    /// <summary>The best classes, best first, found on a thread of the pool; gives how many were written.</summary>
    /// <exception cref="ModelException">The number of scores is not the number of labels, or the model failed.</exception>
    public Task<int> ClassifyAsync(PixelMemory image, Memory<Prediction<TLabel>> destination, CancellationToken cancellationToken) =>
        Task.Run(() => Classify(image.Span, destination.Span, cancellationToken), cancellationToken);
}
