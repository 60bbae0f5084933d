namespace Build.Ci;

/// <summary>Something that a CI system shows beside the file that it concerns, or at the top of the run.</summary>
/// <param name="IsError">Whether it is the reason why the run fails; otherwise a warning.</param>
/// <param name="Title">What it is about, such as <c>rocky-9: boot-url-unknown</c>.</param>
/// <param name="Message">What is wrong and what to do. May have several lines.</param>
/// <param name="File">The file, relative to the checkout, with forward slashes; null when it concerns none.</param>
/// <param name="Line">The line in it, from 1; 0 for the whole file.</param>
public sealed record CiAnnotation(bool IsError, string Title, string Message, string? File = null, int Line = 0);
