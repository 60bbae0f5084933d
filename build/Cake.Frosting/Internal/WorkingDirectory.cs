using Cake.Core.IO;

namespace Cake.Frosting.Internal;

/// <summary>The folder that the build asks for when the command line names none.</summary>
internal sealed record WorkingDirectory(DirectoryPath Path);
