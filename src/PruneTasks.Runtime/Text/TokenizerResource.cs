using System.ComponentModel;
using PruneTasks.Runtime;

namespace PruneTasks.Text;

/// <summary>The tokenizer that the build put into the app's assembly.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class TokenizerResource
{
    /// <summary>Reads the definition, and the file that belongs to it.</summary>
    /// <param name="owner">The generated class; its assembly holds the resources.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="resource">Logical name of the definition.</param>
    /// <param name="data">Logical name of the file, or null.</param>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Load"/>: a resource is missing or of another version.</exception>
    public static TokenizerDefinition Load(Type owner, string model, string resource, string? data)
    {
        ArgumentNullException.ThrowIfNull(owner);
        try
        {
            return TokenizerDefinition.Read(
                EmbeddedModel.ReadPart(owner.Assembly, resource, model), data is null ? [] : EmbeddedModel.ReadPart(owner.Assembly, data, model));
        }
        catch (FormatException exception)
        {
            throw new ModelException(ModelErrorKind.Load, $"The tokenizer of model '{model}' cannot be used: {exception.Message}", exception);
        }
    }
}
