using Cake.Core.IO;
using Cake.Core.Packaging;

namespace Cake.Frosting.Tests;

public sealed class ConfigurationTests
{
    private const string File = "[Settings]\nColour=of the file\n";

    [Test]
    public void Cake_config_of_the_working_directory_is_read()
        => Assert.That(Colour(File), Is.EqualTo("of the file"));

    [Test]
    public void The_command_line_wins_over_cake_config()
        => Assert.That(Colour(File, "--settings_colour=of the line"), Is.EqualTo("of the line"));

    [Test]
    public void Cake_config_wins_over_the_program()
        => Assert.That(Colour(File, host => host.UseCakeSetting("Settings_Colour", "of the program")), Is.EqualTo("of the file"));

    [Test]
    public void The_program_can_set_what_nobody_else_does()
        => Assert.That(Colour(null, host => host.UseCakeSetting("Settings_Colour", "of the program")), Is.EqualTo("of the program"));

    [Test]
    public void Cake_config_sets_the_verbosity_unless_the_command_line_does()
    {
        const string Quiet = "[Settings]\nVerbosity=Quiet\n";

        Assert.That(Output(Quiet), Does.Not.Contain("exported task ran"));
        Assert.That(Output(Quiet, "-v", "normal"), Does.Contain("exported task ran"));
    }

    [Test]
    public void The_tool_path_can_be_set()
    {
        using var build = new HostBuild(typeof(Telling)).With(host => host.SetToolPath("./my-tools"));

        Assert.That(build.Run("-t", "Telling"), Is.Zero);
        Assert.That(build.Journal.Entries, Does.Contain("tools: my-tools"));
    }

    [Test]
    public void Tools_are_installed_before_the_first_task()
    {
        using var build = new HostBuild(typeof(Telling)).With(host => host
            .UsePackageInstaller<NotingInstaller>()
            .InstallTool(new Uri("noting:?package=hammer")));

        Assert.That(build.Run("-t", "Telling"), Is.Zero, build.Errors);
        Assert.That(build.Journal.Entries.Take(2), Is.EqualTo(["installing hammer", "colour: "]));
    }

    [Test]
    public void A_tool_that_nobody_can_install_fails_the_build()
    {
        using var build = new HostBuild(typeof(Telling)).With(host => host.InstallTool(new Uri("unheard-of:?package=hammer")));

        Assert.That(build.Run("-t", "Telling"), Is.EqualTo(1));
        Assert.That(build.Errors, Does.Contain("unheard-of"));
        Assert.That(build.Journal.Entries, Is.Empty);
    }

    [Test]
    public void A_startup_class_can_configure_the_services()
    {
        using var build = new HostBuild().With(host => host.UseStartup<Startup>());

        Assert.That(build.Run("-t", "Telling"), Is.Zero, build.Errors);
    }

    private static string Colour(string? file, params string[] args) => Colour(file, _ => { }, args);

    private static string Colour(string? file, Action<CakeHost> configure, params string[] args)
    {
        using var build = new HostBuild(typeof(Telling)).With(configure);
        if (file is not null)
        {
            System.IO.File.WriteAllText(System.IO.Path.Combine(build.Folder.FullName, "cake.config"), file);
        }

        Assert.That(build.Run(["-t", "Telling", .. args]), Is.Zero, build.Errors);
        return build.Journal.Entries[0]["colour: ".Length..];
    }

    private static string Output(string file, params string[] args)
    {
        using var build = new HostBuild(typeof(ExportedTask));
        System.IO.File.WriteAllText(System.IO.Path.Combine(build.Folder.FullName, "cake.config"), file);
        Assert.That(build.Run(["-t", "Exported", .. args]), Is.Zero, build.Errors);
        return build.Output;
    }

    private sealed class Telling : FrostingTask<JournalContext>
    {
        public override void Run(JournalContext context)
        {
            context.Note("colour: " + context.Configuration.GetValue("Settings_Colour"));
            context.Note("tools: " + context.Configuration.GetValue("Paths_Tools"));
        }
    }

    private sealed class NotingInstaller(Journal journal, IFileSystem files) : IPackageInstaller
    {
        public bool CanInstall(PackageReference package, PackageType type) => package.Scheme == "noting";

        public IReadOnlyCollection<IFile> Install(PackageReference package, PackageType type, DirectoryPath path)
        {
            journal.Add("installing " + package.Package);
            return [files.GetFile("hammer")];
        }
    }

    private sealed class Startup : IFrostingStartup
    {
        public void Configure(Microsoft.Extensions.DependencyInjection.IServiceCollection services)
            => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions
                .AddSingleton<IFrostingTask, Telling>(services);
    }
}
