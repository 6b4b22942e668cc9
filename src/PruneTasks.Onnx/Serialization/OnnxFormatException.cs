using System.Globalization;

namespace PruneTasks.Onnx;

/// <summary>What is wrong with an ONNX file.</summary>
public enum OnnxFormatError
{
    /// <summary>A length or number runs past the end of what contains it.</summary>
    Truncated,
    /// <summary>A field has a wire type, number or count that the ONNX schema does not allow.</summary>
    InvalidField,
    /// <summary>A name is not valid UTF-8.</summary>
    InvalidText,
    /// <summary>The bytes are not an ONNX model.</summary>
    NotOnnx,
    /// <summary>The file is a Git LFS pointer, not the model itself.</summary>
    GitLfsPointer,
    /// <summary>A name that has to be there is empty.</summary>
    MissingName,
    /// <summary>A name is defined twice.</summary>
    DuplicateName,
    /// <summary>A name is read but never defined.</summary>
    UndefinedName,
    /// <summary>A node has fewer inputs or outputs than its operator needs.</summary>
    InvalidNode,
    /// <summary>The nodes form a cycle.</summary>
    Cycle,
    /// <summary>A tensor's dimensions do not fit its data.</summary>
    InvalidTensor,
    /// <summary>Control-flow bodies are nested too deeply.</summary>
    TooDeep,
    /// <summary>External data lies outside the model's folder, or is reached through a link.</summary>
    ExternalPathRefused,
    /// <summary>External data is missing or shorter than the model claims.</summary>
    ExternalDataMissing,
    /// <summary>A local function cannot be put where it is called: it calls itself, is for another opset, or there are too many.</summary>
    FunctionRefused,
}

/// <summary>An ONNX file that cannot be read; <see cref="Exception.Message"/> is fit for a person.</summary>
public sealed class OnnxFormatException : Exception
{
    internal OnnxFormatException(OnnxFormatError error, long position, string message)
        : base(string.Create(CultureInfo.InvariantCulture, $"{message} (at byte {position})"))
    {
        Error = error;
        Position = position;
    }

    /// <summary>What is wrong.</summary>
    public OnnxFormatError Error { get; }

    /// <summary>Offset in the file, in bytes, of the message or field at fault.</summary>
    public long Position { get; }
}
