# Builds Muster with Maven, then keeps only what runs. `docker build -t muster .`
FROM maven:3-eclipse-temurin-25 AS build
WORKDIR /build
# The dependencies first: they change seldom, and so their layer is kept.
COPY .mvn .mvn
COPY pom.xml ./
RUN mvn -B --no-transfer-progress dependency:go-offline
COPY src/main src/main
RUN mvn -B --no-transfer-progress -Dmaven.test.skip=true package

FROM eclipse-temurin:25-jre
RUN useradd --system --uid 10001 --home-dir /opt/muster --shell /usr/sbin/nologin muster
WORKDIR /opt/muster
COPY muster ./
COPY routes routes
COPY config config
# Libraries before the program, for the same reason as above.
COPY --from=build /build/target/lib target/lib
COPY --from=build /build/target/muster.jar target/
RUN mkdir data && chown muster:muster data target
USER muster
# The archive of loaded classes only fits the Java that made it, so it is made here and not in the build stage.
# Without it the hub starts a second or two later, which is no reason to have no image.
RUN ./muster warm-up || cat target/warm-up.log

# In a container the management port has to listen beyond the loopback to be scraped: publish it to 127.0.0.1 only.
ENV MUSTER_LOG_FORMAT=json \
    METRICS_HOST=0.0.0.0
VOLUME /opt/muster/data
EXPOSE 8080 9090
# bash speaks HTTP well enough to ask, and no curl has to be installed for it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${METRICS_PORT:-9090} && printf 'GET /observe/health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["/opt/muster/muster"]
CMD ["run"]
